// Messages+Format.swift: what is said about a model file that is refused.
//
// Specification: formats/model.md, section 11. Each rule has its sentence here.

internal import PosternFormat

extension Messages {
  /// A model file that is refused, and the exit code for it.
  ///
  /// - Parameters:
  ///   - error: The rule that is broken.
  ///   - name: The name of the file.
  ///   - bytes: The file, to say what it is if it is no model at all.
  /// - Returns: What to say and to end with.
  static func refused(_ error: FormatError, in name: String, bytes: Span<UInt8>) -> CommandFailure {
    if error.rule == .truncated || error.rule == .wrongSignature,
      let (text, help) = foreignModel(bytes)
    {
      return CommandFailure(.refusedModel, Message(name, text, help: help))
    }
    return CommandFailure(
      .refusedModel,
      Message(name, "R\(error.rule.rawValue): " + words(error), help: help(error.rule)))
  }

  /// The name of a section, as `router` or `expert 3`.
  static func sectionName(kind: UInt32, index: UInt32) -> String {
    switch SectionKind(rawValue: kind) {
    case nil: kind == 0 ? "the header" : "a section of kind \(kind)"
    case .schema: "the schema"
    case .transform: "the transform"
    case .router: "the router"
    case .head: "the head"
    case .expertShapes: "the expert shapes"
    case .sharedExpert: "the shared expert"
    case .expert: "expert \(index)"
    case .input: "the input"
    case .routerParameters: "the router's parameters"
    case .modelCard: "the model card"
    case .provenance: "the provenance"
    case .routingHistogram: "the routing histogram"
    case .selfTest: "the self-test"
    case .signature: "the signature"
    case .deviations: "the deviations"
    }
  }

  private static func words(_ error: FormatError) -> String {
    let found = number(error.found)
    let expected = number(error.expected)
    let section = sectionName(kind: error.kind, index: error.index)
    let place = "byte \(number(error.offset))" + (error.kind == 0 ? "" : " of \(section)")
    return switch error.rule {
    case .truncated: "the file ends after \(found) bytes, expected at least \(expected)"
    case .wrongSignature: "the first bytes are not those of a model"
    case .unsupportedVersion:
      "format version \(found), expected version \(expected)"
    case .wrongFileSize:
      error.found == error.expected
        ? "the file has \(expected) bytes, expected at least 136"
        : error.found > error.expected
          ? "the file is cut short: it has \(expected) bytes, expected \(found) by its header"
          : "the file has \(expected) bytes, expected \(found) by its header"
    case .wrongHeaderSize: "a header of \(found) bytes, expected \(expected)"
    case .damagedDirectory:
      error.expected > 0 && error.offset == UInt64(Layout.Header.sectionCount)
        ? "\(found) sections, expected 6 to \(number(Limit.sectionCount))"
        : "header or directory are damaged: checksum \(sum(error.found)), "
          + "expected \(sum(error.expected))"
    case .nonzeroReservedByte: "\(place): reserved byte \(found), expected 0"
    case .countOutOfRange:
      "\(headerField(error.offset)) is \(found), expected "
        + (error.offset == UInt64(Layout.Header.groupCount) ? "0" : "1")
        + " to \(number(Limit.count))"
    case .invalidHeaderValue:
      "\(headerField(error.offset)) is \(found), expected \(expected)"
        + (error.found < error.expected ? " or more" : " or less")
    case .invalidEntry:
      "\(place): directory entry with value \(found), expected at most \(expected)"
    case .unknownCriticalSection:
      "a critical section of kind \(found), which this version does not know"
    case .wrongEntryFlags: "\(place): directory entry with value \(found), expected \(expected)"
    case .sectionOutOfOrder: "\(place): the directory is not in order"
    case .missingSection:
      "byte \(number(error.offset)): \(section) "
        + (error.found > error.expected
          ? "stands here, and the header does not announce it" : "should stand here")
    case .misplacedSection: "\(place): a section starts at \(found), expected \(expected)"
    case .wrongSectionSize: "\(place): a size of \(found), expected \(expected)"
    case .nonzeroPadding: "byte \(number(error.offset)): \(found) between sections, expected 0"
    case .damagedSection:
      "damage in \(section): checksum \(sum(error.found)), expected \(sum(error.expected))"
    case .damagedExpert:
      error.found <= UInt64(Limit.sectionByteCount)
        && error.expected <= UInt64(Limit.sectionByteCount)
        ? "damage in \(section): it does not decode to its \(expected) bytes"
        : "damage in \(section): checksum \(sum(error.found)), expected \(sum(error.expected))"
    case .wrongSchemaSize, .invalidSchemaColumn, .invalidTextOffset, .unorderedCategories,
      .invalidTransformColumn, .invalidRouterNode, .invalidExpertShape, .invalidInput:
      "\(place): \(unlawful(error.rule)), found \(found)"
        + (error.expected == 0 || error.expected == error.found ? "" : ", expected \(expected)")
    case .invalidTransformValue, .invalidRouterValue, .invalidHead, .invalidExpertValue,
      .invalidAncillaryValue:
      "\(place): \(unlawful(error.rule)), found 0x\(String(error.found, radix: 16))"
    case .wrongWorkspaceSize: "\(headerField(error.offset)) is \(found), expected \(expected)"
    }
  }

  private static func unlawful(_ rule: FormatRule) -> String {
    switch rule {
    case .wrongSchemaSize: "the schema's counts or size disagree with the header"
    case .invalidSchemaColumn: "an unlawful column"
    case .invalidTextOffset: "an unlawful text offset"
    case .unorderedCategories: "categories out of order"
    case .invalidTransformColumn: "an unlawful column of the transform"
    case .invalidTransformValue: "an unlawful value of the transform"
    case .invalidRouterNode: "an unlawful node"
    case .invalidRouterValue: "a number that is not finite, or padding that is not zero"
    case .invalidHead: "an unlawful record"
    case .invalidExpertShape: "an unlawful shape or size"
    case .invalidExpertValue: "an unlawful number, or padding that is not zero"
    case .invalidAncillaryValue, .invalidInput: "an unlawful size or value"
    default: "an unlawful value"
    }
  }

  private static func help(_ rule: FormatRule) -> String {
    switch rule {
    case .truncated, .wrongFileSize: "copy or download it again, the transfer was not complete"
    case .wrongSignature: "is this the right file? models are written by postern train"
    case .unsupportedVersion, .unknownCriticalSection:
      "get a newer postern, or train the model again with this one"
    case .damagedDirectory, .damagedSection, .damagedExpert, .nonzeroPadding:
      "the file was changed after it was written; copy it again from where it came from"
    case .wrongHeaderSize, .nonzeroReservedByte, .countOutOfRange, .invalidHeaderValue,
      .invalidEntry, .wrongEntryFlags, .sectionOutOfOrder, .missingSection, .misplacedSection,
      .wrongSectionSize, .wrongSchemaSize, .invalidSchemaColumn, .invalidTextOffset,
      .unorderedCategories, .invalidTransformColumn, .invalidTransformValue, .invalidRouterNode,
      .invalidRouterValue, .invalidHead, .invalidExpertShape, .wrongWorkspaceSize,
      .invalidExpertValue, .invalidAncillaryValue, .invalidInput:
      "the program that wrote the file made a mistake; formats/model.md, section 11, has the rule"
    }
  }

  private static func headerField(_ offset: UInt64) -> String {
    switch Int(offset) {
    case Layout.Header.expertCount: "expertCount"
    case Layout.Header.columnCount: "columnCount"
    case Layout.Header.featureCount: "featureCount"
    case Layout.Header.outputCount: "outputCount"
    case Layout.Header.groupCount: "groupCount"
    case Layout.Header.task: "task"
    case Layout.Header.gateScale: "gateScale"
    case Layout.Header.sharedExpert: "sharedExpert"
    case Layout.Header.sessionByteCount: "sessionByteCount"
    case Layout.Header.rowByteCount: "rowByteCount"
    case Layout.Header.blockRowByteCount: "blockRowByteCount"
    case Layout.Header.cacheByteCount: "cacheByteCount"
    default: "byte \(number(offset))"
    }
  }

  private static func number(_ value: UInt64) -> String {
    value <= UInt64(Int.max) ? grouped(Int(value)) : String(value)
  }

  private static func sum(_ value: UInt64) -> String { hexadecimal(value) }
}
