"""Metro systems of China in 2026."""
