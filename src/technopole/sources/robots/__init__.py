"""Industrial robots per 10,000 employees by country (International Federation of Robotics, as quoted in the press)."""
