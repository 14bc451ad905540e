"""Listed companies of Taiwan, by the company profiles of its two exchanges."""
