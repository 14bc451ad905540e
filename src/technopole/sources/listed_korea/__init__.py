"""Listed companies of Korea, by the register of the Korea Exchange."""
