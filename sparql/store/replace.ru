#+ summary: Put staged graphs in place of old ones, in one transaction.
#+ source: docs/decisions; SPARQL 1.1 Update, section 3.1.3; an UPDATE takes no parameter, so the plan is data

PREFIX provkit: <https://w3id.org/provkit/ns#>

# What stood there goes.
DELETE { GRAPH ?old { ?s ?p ?o } }
WHERE {
  GRAPH <urn:x-provkit:plan> { ?old provkit:staged ?new }
  GRAPH ?old { ?s ?p ?o }
} ;
# What was staged takes its place; of a graph that is only removed, nothing was staged.
INSERT { GRAPH ?old { ?s ?p ?o } }
WHERE {
  GRAPH <urn:x-provkit:plan> { ?old provkit:staged ?new }
  GRAPH ?new { ?s ?p ?o }
} ;
DELETE { GRAPH ?new { ?s ?p ?o } }
WHERE {
  GRAPH <urn:x-provkit:plan> { ?old provkit:staged ?new }
  GRAPH ?new { ?s ?p ?o }
} ;
DROP SILENT GRAPH <urn:x-provkit:plan>
