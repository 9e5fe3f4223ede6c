// PosternFormat.swift: the module's first file.
