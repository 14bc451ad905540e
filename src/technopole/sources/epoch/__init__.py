"""Notable AI models by the place of their makers (Epoch AI)."""
