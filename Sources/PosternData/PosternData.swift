// PosternData.swift: the module's first file.
