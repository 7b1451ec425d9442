"""The parts of tools/bench/run, a file a part."""
