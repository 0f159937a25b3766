"""Pictures of graphs: one value, written as DOT, Mermaid, terminal text, SVG, PNG or PDF.

Knows nothing of provenance. YesWorkflow views, hybrid graphs, lineage and run
graphs all make a :class:`~provkit.drawing.diagram.Diagram` and hand it here.
"""
