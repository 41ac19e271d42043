"""Lesson 06, Pooling and transposed: what it asks, why it holds, what wrong rules give."""
