"""Jobs, outbox and journal: how work and words survive a crash and reach everyone concerned."""
