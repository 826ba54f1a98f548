/** How the slides look: 1280 x 720, text at the left, figures and tables in full, code small and above them. */
export const slideStyle = `
body { margin: 0; background: #fff; color: #222; }
body, .reveal, .contents { font-family: "Gothic A1", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif; }
.reveal { font-size: 24px; line-height: 1.5; }
.reveal .slides { text-align: left; }
.reveal .slides > section, .reveal .slides > section > section { padding: 0; }
.reveal .slides section section, .measuring .slides section section { box-sizing: border-box; width: 1280px; height: 720px;
  padding: 0; overflow-x: hidden; overflow-y: auto; word-break: keep-all; overflow-wrap: break-word; }
.fitted { box-sizing: border-box; padding: 34px 56px 24px; }
.reveal summary { color: #666; font-size: 14px; cursor: pointer; } .reveal .crowded p { max-width: none; } .reveal .crowded h1 { margin-top: 0; }
.measuring .slides section { display: block !important; }
.measuring .slides section section { height: auto; }
.reveal h1, .reveal h2, .reveal h3 { color: #00527f; font-weight: 700; line-height: 1.25; margin: 0 0 14px; }
.reveal h1 { font-size: 46px; margin-top: 90px; padding-bottom: 18px; border-bottom: 4px solid #00527f; margin-bottom: 28px; }
.reveal h2 { font-size: 36px; } .reveal h3 { font-size: 28px; }
.reveal strong { font-weight: 700; } .reveal em { font-style: italic; }
.reveal p { margin: 0 0 14px; max-width: 48em; text-wrap: pretty; }
/* the English below the Korean */
.reveal small { display: block; font-size: 0.72em; line-height: 1.4; color: #666; } .reveal small code { font-size: 0.9em; }
.reveal .finding { font-size: 1.1em; border-left: 4px solid #00527f; padding-left: 18px; } .reveal .finding br, .reveal li br { display: none; }
.reveal ul, .reveal ol { margin: 0 0 14px 1.2em; padding: 0; } .reveal li { margin: 0 0 8px; }
.reveal ul { list-style: disc; } .reveal ol { list-style: decimal; }
.reveal a { color: #00527f; } .reveal .anchor-link { display: none; }
.reveal code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; background: #f2f4f6; padding: 1px 5px; }
.reveal .highlight pre, .reveal .jp-RenderedText pre { font: 15px/1.4 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Gothic A1", monospace;
  margin: 4px 0 10px; padding: 8px 12px; white-space: pre-wrap; word-break: normal; }
.reveal .highlight pre { background: #f5f7f9; border-left: 3px solid #c9d6df; }
.reveal .jp-RenderedText pre { font-size: 17px; padding-left: 0; }
.reveal .highlight .k, .reveal .highlight .kr, .reveal .highlight .kd { color: #00527f; font-weight: 700; }
.reveal .highlight .s1, .reveal .highlight .s2, .reveal .highlight .sb { color: #8a4b00; } .reveal .highlight .c1 { color: #666; }
.reveal img { max-width: 100%; height: auto; margin: 6px 0; border: 0; box-shadow: none; }
.reveal table { border-collapse: collapse; font-size: 18px; line-height: 1.4; margin: 8px 0 14px; }
.reveal th { font-weight: 700; border-bottom: 2px solid #222; vertical-align: bottom; }
.reveal td, .reveal tbody th { border-bottom: 1px solid #dcdcdc; vertical-align: baseline; }
.reveal caption { color: #666; font-size: 16px; padding-bottom: 4px; white-space: nowrap; }
.reveal th, .reveal td { padding: 4px 22px 4px 0; font-variant-numeric: tabular-nums; }
.reveal .math { margin: 16px 0; font-size: 1.1em; }
.reveal .slide-number a { text-decoration: none; }
.reveal .slide-number { left: 12px; right: auto; font-size: 14px; background: none; color: #666; }
.reveal .progress { color: #00527f; height: 4px; } .reveal .controls { color: #00527f; font-size: 7px; }
.contents { max-width: 900px; margin: 60px auto; padding: 0 28px; font-size: 22px; line-height: 1.6; }
.contents h1 { font-size: 34px; line-height: 1.25; border-bottom: 4px solid #00527f; padding-bottom: 16px; }
.contents a { color: #00527f; } .contents ol { list-style: none; padding: 0; } .contents p { color: #666; font-size: 16px; }
`;
