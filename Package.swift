// swift-tools-version: 6.3

import PackageDescription

/// What every target promises: memory safety is checked, a warning stops the
/// build, and an import says whether it is part of the target's interface.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Types that borrow: views of bytes, spans out of maps.
let borrowing = strict + [.enableExperimentalFeature("Lifetimes")]

/// Targets that also run on a microcontroller: Embedded Swift's rules hold in
/// ordinary builds too, so a mistake shows on the desk and not on the board.
let embedded = borrowing + [.treatWarning("EmbeddedRestrictions", as: .error)]

let package = Package(
  name: "postern",
  products: [
    .library(name: "PosternFormat", targets: ["PosternFormat"]),
    .library(name: "PosternRuntime", targets: ["PosternRuntime"]),
    .library(name: "PosternStorage", targets: ["PosternStorage"]),
    .executable(name: "postern", targets: ["postern"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .target(name: "PosternFormat", swiftSettings: embedded),
    .target(name: "CPosternKernels"),
    .target(
      name: "PosternRuntime", dependencies: ["PosternFormat", "CPosternKernels"],
      exclude: ["postern_calendar.h"], swiftSettings: embedded),
    .target(name: "CPosternText"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "PosternData", dependencies: ["PosternFormat", "CPosternText", "CZlib", "CZstd"],
      swiftSettings: borrowing),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(
      name: "PosternStorage", dependencies: ["PosternFormat", "PosternRuntime", "CZstd"],
      swiftSettings: borrowing),
    .target(
      name: "PosternPackaging", dependencies: ["PosternFormat", "PosternRuntime", "CZstd"],
      swiftSettings: borrowing),
    .target(
      name: "PosternTrainer",
      dependencies: ["PosternFormat", "PosternRuntime", "PosternPackaging", "CPosternKernels"],
      swiftSettings: borrowing),
    .executableTarget(
      name: "postern",
      dependencies: [
        "PosternFormat", "PosternRuntime", "PosternData", "PosternStorage", "PosternPackaging",
        "PosternTrainer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: borrowing),
    .executableTarget(
      name: "replays",
      dependencies: [
        "PosternFormat", "PosternRuntime", "PosternData", "PosternStorage", "PosternPackaging",
        "PosternTrainer",
      ],
      path: "tools/bench/replays", swiftSettings: borrowing),
    .executableTarget(
      name: "speed",
      dependencies: [
        "PosternFormat", "PosternRuntime", "PosternStorage", "PosternPackaging",
        "CAllocationCounter",
      ],
      path: "tools/bench/speed/postern", swiftSettings: borrowing),
    .executableTarget(
      name: "training-load", dependencies: ["PosternTrainer"], path: "tools/bench/training",
      exclude: ["compare.py", "peer.py", "run", "table.py"], swiftSettings: strict),
    .testTarget(
      name: "ReplayTests", dependencies: ["replays", "PosternPackaging"],
      swiftSettings: borrowing),
    .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "ProofTests",
      dependencies: [
        "PosternFormat", "PosternRuntime", "PosternStorage", "PosternPackaging", "PosternData",
        "CAllocationCounter",
      ],
      swiftSettings: borrowing),
    .target(
      name: "TestModels", dependencies: ["PosternPackaging"], path: "Tests/TestModels",
      swiftSettings: strict),
    .testTarget(
      name: "PosternFormatTests",
      dependencies: ["PosternFormat", "PosternPackaging", "TestModels"],
      swiftSettings: borrowing),
    .testTarget(
      name: "PosternRuntimeTests",
      dependencies: [
        "PosternRuntime", "PosternFormat", "PosternPackaging", "CPosternKernels", "TestModels",
      ],
      swiftSettings: borrowing),
    .testTarget(
      name: "PosternDataTests", dependencies: ["PosternData", "PosternFormat"],
      swiftSettings: borrowing),
    .testTarget(
      name: "PosternPackagingTests",
      dependencies: ["PosternPackaging", "PosternFormat", "PosternStorage", "TestModels"],
      swiftSettings: borrowing),
    .testTarget(
      name: "PosternStorageTests",
      dependencies: [
        "PosternStorage", "PosternFormat", "PosternRuntime", "PosternPackaging", "TestModels",
      ],
      swiftSettings: borrowing),
    .testTarget(
      name: "PosternTrainerTests",
      dependencies: [
        "PosternTrainer", "PosternPackaging", "PosternRuntime", "PosternFormat", "CPosternKernels",
      ],
      swiftSettings: borrowing),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "postern", "PosternData", "PosternFormat", "PosternPackaging", "PosternTrainer",
        "TestModels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["transcripts"], swiftSettings: borrowing),
  ]
)
