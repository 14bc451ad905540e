"""Air routes and airports (OpenTravelData)."""
