"""Pictures of a heap: what lies where in the arena, what a step changed; as SVG and on a terminal."""
