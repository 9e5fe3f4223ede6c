// SessionError.swift: why a session cannot start.

/// Why a session cannot start on a model.
public enum SessionError: Error, Equatable, Sendable {
  /// The workspace is smaller than the model states for this capacity.
  case workspaceTooSmall(byteCount: Int, needed: Int)
  /// The capacity is not in `1...1 << 30`.
  case invalidRowCapacity(Int)
}
