"""PromQL over samples in memory: promql-parser reads the language, this answers it as Prometheus does. No HTTP here."""
