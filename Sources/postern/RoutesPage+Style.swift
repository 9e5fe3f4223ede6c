// RoutesPage+Style.swift: how the page looks, in light and in dark.
//
// Step: report → [page] → file.

extension RoutesPage {
  static let style = """
    :root {
      --paper: #fbfbf9; --card: #ffffff; --ink: #1b1d22; --soft: #5d636d; --rule: #e2e3e6;
      --track: #eceef1; --accent: #2f5bd3; --mark: #1b1d22; --warn: #9b1c12; --warn-paper: #fdeeec;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #14161a; --card: #1b1e24; --ink: #e9eaed; --soft: #a2a8b2; --rule: #2d3138;
        --track: #272b32; --accent: #86a4ff; --mark: #f2f3f5; --warn: #ffb4a9;
        --warn-paper: #3a1713;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
      font-variant-numeric: tabular-nums;
    }
    main, footer { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
    header { padding: 40px 0 20px; }
    .kicker {
      margin: 0; color: var(--accent); font-size: 13px; font-weight: 600; letter-spacing: .08em;
      text-transform: uppercase;
    }
    h1 { margin: 2px 0 4px; font-size: 30px; line-height: 1.2; overflow-wrap: anywhere; }
    h2 { margin: 0 0 4px; font-size: 19px; }
    h3 { margin: 0; font-size: 15px; }
    .lead { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
    .note { margin: 0 0 16px; color: var(--soft); max-width: 72ch; font-size: 14px; }
    .alert {
      margin: 0 0 12px; padding: 12px 16px; border-left: 4px solid var(--warn); border-radius: 4px;
      background: var(--warn-paper); color: var(--warn); font-weight: 600; overflow-wrap: anywhere;
    }
    section { margin: 44px 0; }
    .tiles {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px;
      margin: 12px 0 0; padding: 0; list-style: none;
    }
    .tiles li, article, figure {
      background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
      padding: 14px 16px;
    }
    .tiles .name { display: block; color: var(--soft); font-size: 13px; }
    .tiles strong { display: block; font-size: 24px; line-height: 1.3; }
    .tiles small { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.4; }
    table { border-collapse: collapse; width: 100%; }
    th { font-weight: 600; text-align: left; }
    thead th {
      color: var(--soft); font-size: 12.5px; font-weight: 500; vertical-align: bottom;
      padding: 4px 10px; border-bottom: 1px solid var(--rule);
    }
    tbody th, td { padding: 5px 10px; white-space: nowrap; }
    .number { text-align: right; }
    .wide { width: 50%; min-width: 140px; }
    .track { position: relative; height: 16px; background: var(--track); border-radius: 3px; }
    .track b {
      display: block; height: 100%; background: var(--accent); border-radius: 3px; min-width: 1px;
    }
    .track i {
      position: absolute; top: -3px; bottom: -3px; width: 2px; margin-left: -1px;
      background: var(--mark); border-radius: 1px;
    }
    .idle th, .idle td, .bad { color: var(--warn); }
    .idle em {
      margin-left: 4px; padding: 0 7px; border-radius: 9px; background: var(--warn-paper);
      font-size: 12px; font-style: normal;
    }
    .line { position: relative; height: 16px; margin: 0 7px; }
    .line::before {
      content: ""; position: absolute; left: -7px; right: -7px; top: 7.5px; height: 1px;
      background: var(--rule);
    }
    .line s { position: absolute; top: 7px; height: 2px; background: var(--soft); }
    .line q, .line u {
      position: absolute; top: 2px; width: 12px; height: 12px; margin-left: -6px;
      border-radius: 50%; border: 2px solid var(--accent);
    }
    .line q { background: var(--accent); quotes: none; }
    .line u { background: var(--paper); border-color: var(--soft); }
    .all th, .all td { border-top: 1px solid var(--rule); font-weight: 600; }
    .plots, .cards {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px;
    }
    figure { margin: 0; }
    figcaption { color: var(--soft); font-size: 13px; text-align: center; }
    svg { display: block; width: 100%; height: auto; }
    svg rect { fill: var(--accent); }
    svg text { fill: var(--soft); font-size: 11.5px; }
    svg .grid { stroke: var(--rule); }
    article p { margin: 0 0 8px; color: var(--soft); font-size: 13px; }
    article ul { margin: 0; padding: 0; list-style: none; }
    article li { margin-top: 10px; }
    .subject { font-weight: 600; overflow-wrap: anywhere; }
    .values { display: block; color: var(--soft); font-size: 13.5px; overflow-wrap: anywhere; }
    .effect {
      position: relative; height: 8px; margin-top: 4px; background: var(--track);
      border-radius: 4px; overflow: hidden;
    }
    .effect b { position: absolute; top: 0; bottom: 0; background: var(--accent); }
    .effect::after {
      content: ""; position: absolute; left: 50%; top: 0; bottom: 0; width: 1px;
      background: var(--soft);
    }
    .scroll { overflow-x: auto; }
    .matrix { width: auto; }
    .matrix thead th { text-align: center; }
    .matrix td {
      min-width: 40px; height: 32px; padding: 0 4px; text-align: center; font-size: 13px;
      border: 2px solid var(--paper);
      background: color-mix(in srgb, var(--accent) var(--share, 0%), var(--track));
    }
    .matrix .self { background: none; }
    footer { padding-top: 8px; padding-bottom: 40px; color: var(--soft); font-size: 13px; }
    @media (max-width: 640px) {
      .bars th:nth-last-child(-n+2), .bars td:nth-last-child(-n+2) { display: none; }
      .wide { width: 34%; min-width: 80px; }
      tbody th, td, thead th { padding-left: 5px; padding-right: 5px; }
    }
    @media print { body { background: none; } section, article, figure { break-inside: avoid; } }

    """
}
