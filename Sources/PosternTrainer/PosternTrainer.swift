// PosternTrainer.swift: the module's first file.
