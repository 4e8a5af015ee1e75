"""One module per format: bytes in, an ``Extract`` out.

Nothing here imports the rest of the engine: the child process that parses what is dangerous (``child``) loads this
package alone and so starts in a fraction of the time. The door is ``checks.engine.intake``.
"""
