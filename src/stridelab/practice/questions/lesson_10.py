"""Lesson 10, What it costs: what it asks, why it holds, what wrong rules give."""
