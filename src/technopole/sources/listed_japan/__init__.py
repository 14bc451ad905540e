"""Listed companies of Japan, by the EDINET code list."""
