"""Lesson 12, Fewer multiplications: what it asks, why it holds, what wrong rules give."""
