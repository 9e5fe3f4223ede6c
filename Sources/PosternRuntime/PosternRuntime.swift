// PosternRuntime.swift: the module's first file.
