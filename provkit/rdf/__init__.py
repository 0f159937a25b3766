"""Model values to RDF and back: PROV-O, ProvONE and our two ontologies."""
