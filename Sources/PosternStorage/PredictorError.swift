// PredictorError.swift: why a predictor cannot start.

public import PosternRuntime

/// Why a predictor cannot start on a model.
public enum PredictorError: Error, Equatable, Sendable {
  /// The session cannot start.
  case session(SessionError)
  /// Not even one slot fits the cache's memory.
  case cacheTooSmall(byteCount: Int, needed: Int)
}
