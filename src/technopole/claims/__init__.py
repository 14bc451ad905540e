"""Claims: statement, declared tests, evidence, verdict."""
