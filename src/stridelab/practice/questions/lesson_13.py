"""Lesson 13, Fact check: what it asks, why it holds, what wrong rules give."""
