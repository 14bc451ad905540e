"""Tables and pages made from an edition."""
