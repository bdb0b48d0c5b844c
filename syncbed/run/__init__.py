"""Running a scenario: its servers, its wire, its steps, the evidence, the verdict, the folder."""
