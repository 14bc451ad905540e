"""Reports to print: one city, and the fact-check of the article."""
