"""YesWorkflow: from comments to a workflow model, its drawings, facts and resources.

The stages have YesWorkflow's own names: scan, extract, build, draw, recon.
"""
