"""Photos to templates: untrusted bytes in, a template by the gate's own eye out. No database, no web."""
