// PosternStorage.swift: the module's first file.
