"""What cities do: a register of sourced initiatives, each read in a source or derived from observations that we hold.

- `register`: the shape of an entry, and `of_city` and `all_initiatives` that read them.
- `reviews`: where each entry was read, when, and a short extract.
- `check`: form, addresses, years, units, extracts, and figures against the observations of an edition.
- `derive`: entries made from an edition's observations.
"""
