"""Lesson 04, One word, five rules: what it asks, why it holds, what wrong rules give."""
