// PackCommand+Elements.swift: a model whose experts have weights of fewer bits.
//
// Step: file → model value → [rounded weights] → file.
// Specification: formats/model.md, section 7.

internal import PosternFormat
internal import PosternPackaging
internal import PosternStorage

extension PackCommand {
  /// The bytes of the model with the weights of all experts rounded to `elements`, and a self-test
  /// with the answers that it gives then. Transform and router stay f32, so that routes stay.
  func rounded(_ view: ModelView, _ elements: ElementName, _ name: String) throws -> [UInt8] {
    do {
      var model = try ModelDescription(
        decoding: view,
        decoded: { expert throws(FormatError) in try decodedExpert(view, expert) })
      for expert in model.experts.indices { try round(&model.experts[expert], elements, name) }
      if model.sharedExpert != nil, var shared = model.sharedExpert {
        try round(&shared, elements, name)
        model.sharedExpert = shared
      }
      let isRaw = view.expertEntry(0).encoding == .raw
      let bytes = try model.encoded(profile: profile?.profile ?? (isRaw ? .map : .ship))
      let rounded = try ModelView(validating: bytes.span)
      guard rounded.entry(.selfTest) != nil else { return bytes }
      let test = try refreshedSelfTest(rounded, experts: nil)
      return try replacing([SectionReplacement(.selfTest, test.bytes)], in: rounded)
    } catch let error as FormatError {
      throw Messages.refused(error, in: name, bytes: view.bytes)
    } catch let error as ModelDecodingError {
      throw CommandFailure(.refusedModel, Messages.cannotBeRounded(error, name))
    } catch let error as PackagingError {
      throw CommandFailure(.refusedModel, Messages.packaging(error, name))
    }
  }

  private func round(
    _ expert: inout Expert, _ elements: ElementName, _ name: String
  ) throws(CommandFailure) {
    guard expert.elementType == .f32 else {
      throw CommandFailure(.usage, Messages.alreadyRounded(expert.elementType, name))
    }
    expert.elementType = elements.type
  }
}
