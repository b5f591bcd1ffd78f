import bash from "@highlightjs/cdn-assets/es/languages/bash.min.js";
import c from "@highlightjs/cdn-assets/es/languages/c.min.js";
import cpp from "@highlightjs/cdn-assets/es/languages/cpp.min.js";
import csharp from "@highlightjs/cdn-assets/es/languages/csharp.min.js";
import css from "@highlightjs/cdn-assets/es/languages/css.min.js";
import dart from "@highlightjs/cdn-assets/es/languages/dart.min.js";
import diff from "@highlightjs/cdn-assets/es/languages/diff.min.js";
import dockerfile from "@highlightjs/cdn-assets/es/languages/dockerfile.min.js";
import dos from "@highlightjs/cdn-assets/es/languages/dos.min.js";
import elixir from "@highlightjs/cdn-assets/es/languages/elixir.min.js";
import go from "@highlightjs/cdn-assets/es/languages/go.min.js";
import graphql from "@highlightjs/cdn-assets/es/languages/graphql.min.js";
import haskell from "@highlightjs/cdn-assets/es/languages/haskell.min.js";
import ini from "@highlightjs/cdn-assets/es/languages/ini.min.js";
import java from "@highlightjs/cdn-assets/es/languages/java.min.js";
import javascript from "@highlightjs/cdn-assets/es/languages/javascript.min.js";
import json from "@highlightjs/cdn-assets/es/languages/json.min.js";
import kotlin from "@highlightjs/cdn-assets/es/languages/kotlin.min.js";
import latex from "@highlightjs/cdn-assets/es/languages/latex.min.js";
import lua from "@highlightjs/cdn-assets/es/languages/lua.min.js";
import makefile from "@highlightjs/cdn-assets/es/languages/makefile.min.js";
import markdown from "@highlightjs/cdn-assets/es/languages/markdown.min.js";
import nginx from "@highlightjs/cdn-assets/es/languages/nginx.min.js";
import perl from "@highlightjs/cdn-assets/es/languages/perl.min.js";
import php from "@highlightjs/cdn-assets/es/languages/php.min.js";
import powershell from "@highlightjs/cdn-assets/es/languages/powershell.min.js";
import protobuf from "@highlightjs/cdn-assets/es/languages/protobuf.min.js";
import python from "@highlightjs/cdn-assets/es/languages/python.min.js";
import r from "@highlightjs/cdn-assets/es/languages/r.min.js";
import ruby from "@highlightjs/cdn-assets/es/languages/ruby.min.js";
import rust from "@highlightjs/cdn-assets/es/languages/rust.min.js";
import scala from "@highlightjs/cdn-assets/es/languages/scala.min.js";
import scss from "@highlightjs/cdn-assets/es/languages/scss.min.js";
import shell from "@highlightjs/cdn-assets/es/languages/shell.min.js";
import sql from "@highlightjs/cdn-assets/es/languages/sql.min.js";
import swift from "@highlightjs/cdn-assets/es/languages/swift.min.js";
import typescript from "@highlightjs/cdn-assets/es/languages/typescript.min.js";
import xml from "@highlightjs/cdn-assets/es/languages/xml.min.js";
import yaml from "@highlightjs/cdn-assets/es/languages/yaml.min.js";

/** How the languages are read that `languages.js` names. */
export const grammars = {
  bash,
  c,
  cpp,
  csharp,
  css,
  dart,
  diff,
  dockerfile,
  dos,
  elixir,
  go,
  graphql,
  haskell,
  ini,
  java,
  javascript,
  json,
  kotlin,
  latex,
  lua,
  makefile,
  markdown,
  nginx,
  perl,
  php,
  powershell,
  protobuf,
  python,
  r,
  ruby,
  rust,
  scala,
  scss,
  shell,
  sql,
  swift,
  typescript,
  xml,
  yaml,
};
