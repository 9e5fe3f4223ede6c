// Messages+System.swift: what is said when the operating system refuses.

internal import PosternData

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Messages {
  /// An input that cannot be opened or read, and the exit code for it.
  static func unreadable(_ name: String, _ code: CInt) -> CommandFailure {
    let help: String? =
      switch code {
      case ENOENT, ENOTDIR: "check the path"
      case EISDIR: "name a file in it"
      case EACCES, EPERM: "make it readable with `chmod`, or run as its owner"
      default: nil
      }
    let isMissing = [ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG].contains(code)
    return CommandFailure(
      isMissing ? .noInput : .inputOutput,
      Message(name, "cannot be read: " + words(code), help: help))
  }

  /// Output that failed while it was written.
  static func cannotWrite(_ name: String, _ error: SystemError) -> Message {
    cannotWrite(name, error.code)
  }

  /// Output that failed while it was written.
  static func cannotWrite(_ name: String, _ code: CInt) -> Message {
    let help: String? =
      switch code {
      case ENOSPC, EDQUOT: "make room on the disk and run the command again"
      case EFBIG: "raise the limit on the size of files, see `ulimit -f`"
      case ENOENT, ENOTDIR: "create the folder first"
      case EACCES, EPERM, EROFS: "choose another place"
      case EISDIR: "name a file in it"
      default: nil
      }
    return Message(name, "cannot be written: " + words(code), help: help)
  }

  /// What a failure to write an output means for the shell.
  static func outputFailure(_ name: String, _ code: CInt) -> CommandFailure {
    let isAboutPlace = [ENOENT, ENOTDIR, EACCES, EPERM, EROFS, EISDIR, ELOOP, ENAMETOOLONG]
    return CommandFailure(
      isAboutPlace.contains(code) ? .cannotCreate : .inputOutput, cannotWrite(name, code))
  }

  /// An error of the system in words.
  static func words(_ code: CInt) -> String {
    switch code {
    case ENOENT: "no such file or folder"
    case EACCES, EPERM: "permission denied"
    case EISDIR: "it is a folder, expected a file"
    case ENOTDIR: "a part of the path is not a folder"
    case ENOSPC: "the disk is full"
    case EDQUOT: "the disk quota is used up"
    case EFBIG: "the file is larger than allowed"
    case EROFS: "the file system is read-only"
    case EIO: "input/output error"
    case ENOMEM: "not enough memory"
    case EMFILE, ENFILE: "too many open files"
    case ELOOP: "too many symbolic links"
    case ENAMETOOLONG: "the name is too long"
    case EBUSY: "it is in use"
    case ENODEV: "it cannot be mapped"
    default: "system error \(code)"
    }
  }
}
