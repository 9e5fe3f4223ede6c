// PackCommand+Elements.swift: a model whose experts have weights of fewer bits.
//
// Step: file → model value → [rounded weights] → file.
// Specification: formats/model.md, section 7.

internal import PosternFormat
internal import PosternPackaging
internal import PosternStorage

extension PackCommand {
  /// The bytes of the model with the weights of its experts rounded to `elements`, and a self-test
  /// with the answers that it gives then.
  func rounded(_ view: ModelView, _ elements: ElementName, _ name: String) throws -> [UInt8] {
    do {
      var model = try ModelDescription(
        decoding: view,
        decoded: { expert throws(FormatError) in try decodedExpert(view, expert) })
      let all = model.experts + (model.sharedExpert.map { [$0] } ?? [])
      for expert in all where expert.elementType != .f32 {
        throw CommandFailure(.usage, Messages.alreadyRounded(expert.elementType, name))
      }
      model.round(to: elements.type)
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
}
