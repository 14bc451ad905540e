"""Content-delivery points of presence of Cloudflare and AWS."""
