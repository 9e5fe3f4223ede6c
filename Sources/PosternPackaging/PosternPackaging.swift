// PosternPackaging.swift: the module's first file.
