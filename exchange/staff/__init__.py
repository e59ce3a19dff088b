"""The staff registry 人员备案: who handles documents at each office, changes of it, deputies, and what is handed over by who leaves."""
