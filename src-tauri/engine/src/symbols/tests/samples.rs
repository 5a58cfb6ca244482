//! A small source of each language, and the definitions that it has.

/// The language, the source, and its definitions: kind, names, lines.
pub(in crate::symbols) const ALL: &[(&str, &str, &str)] = &[
    (
        "python",
        r#"import os.path as p
from .a import b, c
LIMIT = 10
x, Y = 1, 2
T: int = 3
@dec(1)
# c
@dec2
class Foo(Base):
    """doc"""
    field: int = 1
    def __init__(self, a): self.a = a; local = 1
    @property
    def p(self) -> Str: return helper(self.a)
    async def q(self):
        def inner(): pass
        return inner()
f = lambda x: x
if True:
    def cond(): pass
"#,
        r#"
        constant LIMIT 3-3
        variable x 4-4
        constant Y 4-4
        constant T 5-5
        class Foo 6-17
        field Foo.field 11-11
        constructor Foo.__init__ 12-12
        method Foo.p 13-14
        method Foo.q 15-17
        function Foo.q.inner 16-16
        function f 18-18
        function cond 20-20
        "#,
    ),
    (
        "javascript",
        r#"exports.parse = function (x) { return x };
module.exports = { run() { return 1 }, post: function () {}, x: 3 };
Foo.prototype.bar = function bar() {};
var app = module.exports = {};
app.use = (x) => x;
const { a } = require('./b');
describe('x', () => { const y = 1; it('z', function () { var q; }) });
"#,
        r#"
        function parse 1-1
        method run 2-2
        method post 2-2
        method Foo.bar 3-3
        variable app 4-4
        method app.use 5-5
        "#,
    ),
    (
        "typescript",
        r#"import { a, b as c } from './x';
import type { T } from "pkg";
export * from './y';
const fs = require('fs');

/** Doc. */
@Injectable()
export class Foo<T> extends Bar implements Baz {
  private readonly x: number = 1;
  static make = (a: number) => { const local = 1; return helper(local); };
  constructor(private a: string) { super(); }
  get value(): string { return this.a; }
  async *run<T>(x: T): Promise<void> { await this.go(x); new Qux(); }
}
export interface Shape { area(): number; name: string; }
export type Id = string | number;
export enum Color { Red, Green = 'g' }
namespace NS { export function inner() {} }
declare module 'm' { export function f(x: number): void; }
export const handler = async (x: number) => { function nested() {} return nested(); };
export const LIMIT = 10;
let counter = 0;
export default function main() { for (const i of []) { const z = i; } }
function over(a: string): void;
function over(a: any) {}
abstract class A { abstract m(): void; }
"#,
        r#"
        constant fs 4-4
        class Foo 6-14
        field Foo.x 9-9
        method Foo.make 10-10
        constructor Foo.constructor 11-11
        method Foo.value 12-12
        method Foo.run 13-13
        interface Shape 15-15
        method Shape.area 15-15
        field Shape.name 15-15
        type Id 16-16
        enum Color 17-17
        enum member Color.Red 17-17
        enum member Color.Green 17-17
        namespace NS 18-18
        function NS.inner 18-18
        module m 19-19
        declaration m.f 19-19
        function handler 20-20
        function handler.nested 20-20
        constant LIMIT 21-21
        variable counter 22-22
        function main 23-23
        declaration over 24-24
        function over 25-25
        class A 26-26
        method A.m 26-26
        "#,
    ),
    (
        "go",
        r#"package main
import ("fmt"; x "net/http")
// Stack is one.
type Stack[T any] struct { items []T; http.Handler }
type R interface { Read(p []byte) (int, error) }
type ID = int
const (
	A = iota
	// B doc
	B
)
var x, y = 1, 2
// Push it.
func (s *Stack[T]) Push(v T) { s.items = append(s.items, v); fmt.Println(v) }
func main() { const c = 1; go func() { var z = 3; foo(z) }() }
"#,
        r#"
        struct Stack 3-4
        interface R 5-5
        method R.Read 5-5
        type ID 6-6
        constant A 7-8
        constant B 9-10
        variable x 12-12
        variable y 12-12
        method Stack.Push 13-14
        function main 15-15
        "#,
    ),
    (
        "java",
        r#"package a.b;
import java.util.List;
/** Doc. */
@Ann
public class Foo<T> extends Bar {
  private static final int X = 1, Y = 2;
  public Foo(int a) { int local = 3; this.go(local); new Thing(); }
  @Override public <T> List<T> bar() { Runnable r = () -> { int q = 1; }; return null; }
  enum Color { RED, GREEN { void x() {} } }
  interface I { int M = 1; void m(); }
  record P(int x) {}
  @interface An { int value() default 1; }
}
"#,
        r#"
        class Foo 3-13
        field Foo.X 6-6
        field Foo.Y 6-6
        constructor Foo.Foo 7-7
        method Foo.bar 8-8
        enum Foo.Color 9-9
        enum member Foo.Color.RED 9-9
        enum member Foo.Color.GREEN 9-9
        method Foo.Color.GREEN.x 9-9
        interface Foo.I 10-10
        field Foo.I.M 10-10
        method Foo.I.m 10-10
        class Foo.P 11-11
        interface Foo.An 12-12
        method Foo.An.value 12-12
        "#,
    ),
    (
        "cpp",
        r#"#include <vector>
#define MAX(a,b) ((a)>(b)?(a):(b))
namespace a::b {
template <typename T> class Foo : public Bar { public: Foo(); ~Foo(); void bar(int) const; int x_; T inl() { return x_; } bool operator==(const Foo&) const; static Foo* make(); };
enum class E { A, B };
using V = std::vector<int>;
void Foo::bar(int) const { auto l = [](int x) { int y = x; return y; }; call(l); }
template <class T> T max(T a, T b) { return a; }
Foo::~Foo() {}
bool ns::Foo::operator==(const Foo& o) const { return true; }
std::string Foo::name() const noexcept { return n_; }
extern int counter;
int global = 3;
static const char* const NAMES[] = {"a"};
}
extern "C" { int cfun(void); }
Foo::operator bool() const { return true; }
struct P { int a; union { int b; }; };
"#,
        r#"
        macro MAX 2-2
        namespace a::b 3-15
        class a.b.Foo 4-4
        declaration a.b.Foo.Foo 4-4
        declaration a.b.Foo.~Foo 4-4
        declaration a.b.Foo.bar 4-4
        method a.b.Foo.inl 4-4
        declaration a.b.Foo.operator== 4-4
        declaration a.b.Foo.make 4-4
        enum a.b.E 5-5
        enum member a.b.E.A 5-5
        enum member a.b.E.B 5-5
        type a.b.V 6-6
        method a.b.Foo.bar 7-7
        function a.b.max 8-8
        method a.b.Foo.~Foo 9-9
        method a.b.ns.Foo.operator== 10-10
        method a.b.Foo.name 11-11
        declaration a.b.counter 12-12
        variable a.b.global 13-13
        variable a.b.NAMES 14-14
        declaration cfun 16-16
        method Foo.operator bool() const 17-17
        struct P 18-18
        "#,
    ),
    (
        "ruby",
        r#"require 'x'
module A
  # Doc
  class B::C < D
    VERSION = "1"
    P = Struct.new(:a)
    attr_reader :name, :age
    def initialize(a); @a = a; end
    def self.make; new; end
    class << self
      def k; end
    end
    alias_method :old, :new
    define_method(:dyn) { |x| y = x }
    def ==(o) = true
  end
end
def top; end
"#,
        r#"
        module A 2-17
        class A.B.C 4-16
        constant A.B.C.VERSION 5-5
        class A.B.C.P 6-6
        property A.B.C.name 7-7
        property A.B.C.age 7-7
        constructor A.B.C.initialize 8-8
        method A.B.C.make 9-9
        method A.B.C.k 11-11
        method A.B.C.old 13-13
        method A.B.C.dyn 14-14
        method A.B.C.== 15-15
        function top 18-18
        "#,
    ),
    (
        "php",
        r#"<?php
namespace App\Models;
use Foo\Bar;
/** Doc */
#[Attr]
final class User extends Model implements A { use T; const X = 1; public int $age = 3; public function __construct(private string $name) {} public static function make(): self { return new User(); } }
interface I { function a(); }
trait T { abstract function z(); }
enum S: string { case A = 'a'; }
function foo() { bar(); $x->baz(); User::make(); }
define('Q', 1);
"#,
        r#"
        namespace App\Models 2-2
        class User 4-6
        constant User.X 6-6
        property User.age 6-6
        constructor User.__construct 6-6
        property User.name 6-6
        method User.make 6-6
        interface I 7-7
        method I.a 7-7
        trait T 8-8
        method T.z 8-8
        enum S 9-9
        enum member S.A 9-9
        function foo 10-10
        "#,
    ),
    (
        "csharp",
        r#"using System;
namespace A.B;
/// <summary>Doc</summary>
[Attr]
public class Foo<T> : Bar { private int _x, _y; public string Name { get; set; } public event Action E; public Foo() { var l = 1; } public async Task Run() { await Go(); } enum Q { A, B } delegate void D(int x); int this[int i] => 1; public static Foo operator +(Foo a, Foo b) => a; ~Foo() {} }
public record R(int X);
interface I { void M(); }
"#,
        r#"
        namespace A.B 2-2
        class Foo 3-5
        field Foo._x 5-5
        field Foo._y 5-5
        property Foo.Name 5-5
        field Foo.E 5-5
        constructor Foo.Foo 5-5
        method Foo.Run 5-5
        enum Foo.Q 5-5
        enum member Foo.Q.A 5-5
        enum member Foo.Q.B 5-5
        type Foo.D 5-5
        class R 6-6
        interface I 7-7
        method I.M 7-7
        "#,
    ),
    (
        "lua",
        r#"local M = {}
local x = require("foo")
-- doc
function M.foo(a) local b = 1 end
function M:bar() end
local function baz() end
M.q = function() end
local t = { f = function() end }
G = 3
"#,
        r#"
        variable M 1-1
        variable x 2-2
        method M.foo 3-4
        method M.bar 5-5
        function baz 6-6
        method M.q 7-7
        variable t 8-8
        method t.f 8-8
        variable G 9-9
        "#,
    ),
    (
        "bash",
        r#"#!/bin/bash
. ./lib.sh
export FOO=1
# doc
foo() { local x=1; bar "$x"; }
function baz { echo hi; }
A=1 cmd
"#,
        r#"
        variable FOO 3-3
        function foo 4-5
        function baz 6-6
        "#,
    ),
    (
        "c",
        r#"#ifndef FOO_H
#define FOO_H
#include <linux/fs.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
/* Doc. */
static int __init foo_init(void)
{
	struct item *pos;
	list_for_each_entry(pos, &head, list) {
		go(container_of(pos, struct item, list));
	}
	return 0;
}
module_init(foo_init);
SYSCALL_DEFINE2(foo_close, unsigned int, fd, char __user *, buf)
{
	return fd;
}
EXPORT_SYMBOL_NOTE(foo)
static DEFINE_MUTEX(foo_lock);
static DEFINE_PER_CPU(struct item, foo_items);
struct item { int a; };
typedef struct { int x; } point_t;
enum color { RED, GREEN };
extern int counter;
int prototype(int a);
static const struct ops foo_ops __read_mostly = { .open = foo_open };
int
old_style(a, b)
	int a, b;
{
	return a;
}
#ifdef CONFIG_X
int branch(int a) {
#else
int branch_else(void) {
#endif
	return 1;
}
int after(void) { return 0; }
#endif
"#,
        r#"
        macro MAX 4-4
        function foo_init 5-13
        function foo_close 15-18
        variable foo_lock 20-20
        variable foo_items 21-21
        struct item 22-22
        struct point_t 23-23
        enum color 24-24
        enum member color.RED 24-24
        enum member color.GREEN 24-24
        declaration counter 25-25
        declaration prototype 26-26
        variable foo_ops 27-27
        function old_style 28-33
        function branch 35-40
        function after 41-41
        "#,
    ),
    (
        "rust",
        r#"use a::b;
/// Doc.
#[derive(Debug)]
pub struct Foo<T> { a: T }
impl<T> Display for Foo<T> {
    const X: u8 = 1;
    fn fmt(&self) { let l = 1; fn inner() {} }
}
// apart

enum E { A, B(u8) }
trait T { type O; fn m(&self); }
macro_rules! mac { () => {} }
mod tests { static S: u8 = 1; }
"#,
        r#"
        struct Foo 2-4
        constant Foo.X 6-6
        method Foo.fmt 7-7
        function Foo.fmt.inner 7-7
        enum E 11-11
        enum member E.A 11-11
        enum member E.B 11-11
        trait T 12-12
        type T.O 12-12
        method T.m 12-12
        macro mac 13-13
        module tests 14-14
        variable tests.S 14-14
        "#,
    ),
    (
        "swift",
        r#"import Foundation
/// Doc
@objc
public class Foo: Bar { var x = 1; let y: Int
  init(a: Int) { let l = 1; go(l) }
  func run(_ x: Int) -> Int { return x.bar() }
}
struct S { static let k = 1 }
enum E { case a, b(Int) }
protocol P { func m(); var v: Int { get } }
extension Foo { func more() {} }
typealias T = Int
func top() {}
"#,
        r#"
        class Foo 2-7
        property Foo.x 4-4
        property Foo.y 4-4
        constructor Foo.init 5-5
        method Foo.run 6-6
        struct S 8-8
        property S.k 8-8
        enum E 9-9
        enum member E.a 9-9
        enum member E.b 9-9
        interface P 10-10
        method P.m 10-10
        property P.v 10-10
        method Foo.more 11-11
        type T 12-12
        function top 13-13
        "#,
    ),
    (
        "scala",
        r#"package a.b
import x.Y
/** Doc */
class Foo(a: Int) extends Bar { val x = 1; def run(y: Int): Int = { val l = 2; go(l) } }
object Foo { def apply() = new Foo(1) }
trait T { def m: Int }
enum E { case A, B }
type S = String
"#,
        r#"
        class Foo 3-4
        constant Foo.x 4-4
        method Foo.run 4-4
        class Foo 5-5
        method Foo.apply 5-5
        trait T 6-6
        method T.m 6-6
        enum E 7-7
        enum member E.A 7-7
        enum member E.B 7-7
        type S 8-8
        "#,
    ),
    (
        "kotlin",
        r#"package a.b
import x.Y
/** Doc */
@Ann
class Foo<T>(val a: Int, b: Int) : Bar() {
  companion object {
    const val X = 1
    fun make() = Foo<Int>(1, 2)
  }
  private val p: String = "x"
  fun run(x: Int): Int {
    val local = 1
    return go(local)
  }
}
interface I {
    fun m(): Int
}
enum class E { A, B }
object O {
    fun z() {}
}
typealias S = String
"#,
        r#"
        class Foo 3-15
        property Foo.a 5-5
        property Foo.X 7-7
        method Foo.make 8-8
        property Foo.p 10-10
        method Foo.run 11-14
        interface I 16-18
        method I.m 17-17
        enum E 19-19
        enum member E.A 19-19
        enum member E.B 19-19
        class O 20-22
        method O.z 21-21
        type S 23-23
        "#,
    ),
    (
        "json",
        r#"{"name": "x", "scripts": {"build": "y", "deep": {"deeper": {"deepest": 1}}}}"#,
        r#"
        key name 1-1
        key scripts 1-1
        key scripts.build 1-1
        key scripts.deep 1-1
        key scripts.deep.deeper 1-1
        "#,
    ),
    (
        "yaml",
        r#"jobs:
  build:
    steps:
      - uses: x
name: y
"#,
        r#"
        key jobs 1-4
        key jobs.build 2-4
        key jobs.build.steps 3-4
        key name 5-5
        "#,
    ),
    (
        "toml",
        r#"[package]
name = "x"
[dependencies]
serde = { version = "1" }
[[bin]]
name = "y"
"#,
        r#"
        section package 1-2
        key package.name 2-2
        section dependencies 3-4
        key dependencies.serde 4-4
        key dependencies.serde.version 4-4
        section bin 5-6
        key bin.name 6-6
        "#,
    ),
    (
        "css",
        r#":root { --main: red; }
.btn:hover, #id { color: blue; }
@keyframes spin { from {} }
@media print { a { b: c } }
"#,
        r#"
        rule :root 1-1
        variable :root.--main 1-1
        rule .btn:hover, #id 2-2
        rule spin 3-3
        rule a 4-4
        "#,
    ),
    (
        "scss",
        r#"@use "x";
$v: 1;
@mixin foo($a) { color: $a; }
@function f($x) { @return $x; }
.a { .b { c: d } }
"#,
        r#"
        variable $v 2-2
        function foo 3-3
        function f 4-4
        rule .a 5-5
        rule .a..b 5-5
        "#,
    ),
    (
        "html",
        r#"<html><body id="main"><div class="x" id=second></div></body></html>"#,
        r#"
        key main 1-1
        key second 1-1
        "#,
    ),
    (
        "make",
        r#"CC := gcc
include x.mk
.PHONY: all
all: a b
	gcc x
define M
x
endef
%.o: %.c
	cc
"#,
        r#"
        variable CC 1-1
        rule all 4-5
        macro M 6-8
        rule %.o 9-10
        "#,
    ),
    (
        "cmake",
        r#"project(Foo)
function(my_fn a)
endfunction()
macro(m)
endmacro()
set(X 1)
add_executable(app main.c)
include(Y)
my_fn(1)
"#,
        r#"
        module Foo 1-1
        function my_fn 2-3
        macro m 4-5
        variable X 6-6
        rule app 7-7
        "#,
    ),
    (
        "hcl",
        r#"resource "aws_s3" "bucket" {
  name = "x"
}
variable "v" {}
"#,
        r#"
        section aws_s3.bucket 1-3
        key aws_s3.bucket.name 2-2
        section v 4-4
        "#,
    ),
    (
        "protobuf",
        r#"syntax = "proto3";
import "x.proto";
package a;
// Doc
message M { int32 id = 1; oneof o { string s = 2; } enum E { A = 0; } }
service S { rpc Get(M) returns (M); }
"#,
        r#"
        struct M 4-5
        field M.id 5-5
        field M.s 5-5
        enum M.E 5-5
        enum member M.E.A 5-5
        interface S 6-6
        method S.Get 6-6
        "#,
    ),
    (
        "graphql",
        r#"# doc
type Query { user(id: ID): User }
enum E { A B }
input I { x: Int }
query Q { user { id } }
"#,
        r#"
        class Query 2-2
        field Query.user 2-2
        enum E 3-3
        enum member E.A 3-3
        enum member E.B 3-3
        struct I 4-4
        function Q 5-5
        "#,
    ),
    (
        "sql",
        r#"-- doc
CREATE TABLE s.users (id INT PRIMARY KEY, name TEXT);
CREATE VIEW v AS SELECT * FROM users;
CREATE INDEX idx ON users (name);
CREATE FUNCTION f(a int) RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;
"#,
        r#"
        table s.users 2-2
        field s.users.id 2-2
        field s.users.name 2-2
        view v 3-3
        index idx 4-4
        function f 5-5
        "#,
    ),
    (
        "elixir",
        r#"defmodule A.B do
  @moduledoc "x"
  alias X.Y
  @type t :: integer
  # c
  @doc "d"
  def foo(a) when a > 1, do: bar(a)
  def foo(_), do: 1
  defp bar(x) do
    Y.go(x)
  end
  defmacro m(x), do: x
end
"#,
        r#"
        module A.B 1-13
        type A.B.t 4-4
        function A.B.foo 7-8
        function A.B.bar 9-11
        macro A.B.m 12-12
        "#,
    ),
    (
        "erlang",
        r#"-module(foo).
-record(r, {a}).
-define(M, 1).
-type t() :: integer().
foo(1) -> bar(2);
foo(X) -> x:y(X).
bar(Z) -> Z.
"#,
        r#"
        module foo 1-1
        struct r 2-2
        macro M 3-3
        type t 4-4
        function foo 5-6
        function bar 7-7
        "#,
    ),
    (
        "haskell",
        r#"module Foo.Bar where
import Data.List (sort)
-- | Doc
data Shape = Circle Int | Square { side :: Int }
newtype N = N Int
type T = Int
class C a where
  m :: a -> Int
instance C Shape where
  m (Circle x) = x
  m _ = g 1
   where g y = y
-- | f doc
f :: Int -> Int
f 0 = 1
f n = let k = n in sort k
x = 3
"#,
        r#"
        type Shape 4-4
        enum member Shape.Circle 4-4
        enum member Shape.Square 4-4
        type N 5-5
        type T 6-6
        interface C 7-8
        method C.m 8-8
        method C.m 10-12
        function f 13-16
        function x 17-17
        "#,
    ),
    (
        "ocaml",
        r#"open List
(** doc *)
let f x = let y = g x in y
let z = 3
type t = A | B of int
module M = struct let inner = 1 end
module type S = sig val v : int end
class c = object method m = 1 end
exception Foo
let rec h = function 0 -> 1 | n -> h n
"#,
        r#"
        function f 2-3
        variable z 4-4
        type t 5-5
        enum member t.A 5-5
        enum member t.B 5-5
        module M 6-6
        variable M.inner 6-6
        interface S 7-7
        declaration S.v 7-7
        class c 8-8
        method c.m 8-8
        enum member Foo 9-9
        function h 10-10
        "#,
    ),
    (
        "dart",
        r#"import 'x.dart';
/// Doc
@ann
class Foo extends Bar { final int x = 1; static const y = 2; Foo(this.a); Foo.named(); factory Foo.f() => Foo(); int run(int a) { var l = 1; return go(l); } get v => 1; void abs(); }
mixin M {}
enum E { a, b }
extension X on Foo { void more() {} }
typedef T = int;
void top() { print(1); }
const k = 1;
"#,
        r#"
        class Foo 2-4
        field Foo.x 4-4
        constant Foo.y 4-4
        constructor Foo.Foo 4-4
        constructor Foo.named 4-4
        constructor Foo.f 4-4
        method Foo.run 4-4
        method Foo.v 4-4
        method Foo.abs 4-4
        trait M 5-5
        enum E 6-6
        enum member E.a 6-6
        enum member E.b 6-6
        class X 7-7
        method X.more 7-7
        type T 8-8
        function top 9-9
        constant k 10-10
        "#,
    ),
    (
        "r",
        r#"library(x)
# doc
f <- function(a) { b <- 1; g(b) }
x = 3
h = \(y) y
"#,
        r#"
        function f 2-3
        variable x 4-4
        function h 5-5
        "#,
    ),
    (
        "zig",
        r#"const std = @import("std");
/// Doc
pub const Foo = struct { x: u32, pub fn bar(self: Foo) void { const l = 1; baz(l); } };
const E = enum { a, b };
pub fn main() !void { std.debug.print("x", .{}); }
var g: u32 = 1;
"#,
        r#"
        constant std 1-1
        struct Foo 2-3
        method Foo.bar 3-3
        enum E 4-4
        enum member E.a 4-4
        enum member E.b 4-4
        function main 5-5
        variable g 6-6
        "#,
    ),
    (
        "nix",
        r#"{ pkgs }: let f = x: x; in { name = "a"; a.b = 1; build = { x }: x; }
"#,
        r#"
        function f 1-1
        key name 1-1
        key a.b 1-1
        function build 1-1
        "#,
    ),
    (
        "markdown",
        r#"# Title

text

## One `code`

```
# no
```

Two
===
"#,
        r#"
        heading Title 1-9
        heading Title.One code 5-9
        heading Two 11-12
        "#,
    ),
];
