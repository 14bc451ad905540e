"""Computer-science papers by institution, by csmetrics.org."""
