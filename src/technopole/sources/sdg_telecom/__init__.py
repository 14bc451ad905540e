"""Mobile coverage, phone ownership and fast broadband by country (United Nations, SDG database)."""
