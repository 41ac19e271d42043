"""Lesson 05, Dilation and groups: what it asks, why it holds, what wrong rules give."""
