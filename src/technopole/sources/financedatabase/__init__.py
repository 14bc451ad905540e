"""FinanceDatabase: companies listed on the world's exchanges, with sector and headquarters."""
