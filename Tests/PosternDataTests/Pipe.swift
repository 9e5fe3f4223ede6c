#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The two ends of a pipe. The caller closes them.
struct Pipe {
  let input: CInt
  let output: CInt

  struct Failure: Error {
    let code: CInt
  }

  init() throws {
    var ends: [CInt] = [-1, -1]
    // SAFETY: `pipe` writes two numbers, and the array has two.
    guard unsafe pipe(&ends) == 0 else { throw Failure(code: errno) }
    input = ends[0]
    output = ends[1]
  }
}
