"""Academic computer-science conferences by place."""
