// Postern.swift: the command line's entry.

import ArgumentParser

@main
struct Postern: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Train and run mixtures of experts.")
}
