// eigen.cpp: Eigen's matrices; a batch is grouped by expert.
#include "grouping.h"
#include "peer.h"

#include <Eigen/Core>
#include <vector>

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Transposed = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::VectorXf;

namespace {
struct Layer {
  Transposed weights;  // shape (outputs, inputs), by column: one input's weights stand together
  Vector bias;
};

struct Opened {
  const peer_model *model;
  Transposed router;
  Vector router_bias;
  std::vector<std::vector<Layer>> experts;
};

struct State {
  const Opened *opened;
  grouping groups;
  Vector a, b, scores;
  // By column: a row of the table is a column here.
  Transposed x, y, all_scores;
};

constexpr long block = 256;
}  // namespace

void *peer_open(const peer_model *model, const char **) {
  auto *o = new Opened{model, {}, {}, {}};
  o->router = Eigen::Map<const Matrix>(model->router, model->expert_count, model->input_count);
  o->router_bias = Eigen::Map<const Vector>(model->router_bias, model->expert_count);
  for (long e = 0; e < (model->is_dense ? 1 : model->expert_count); e++) {
    o->experts.emplace_back();
    for (long l = 0; l < model->layer_count; l++) {
      const peer_layer &from = model->experts[e][l];
      o->experts[e].push_back(
          {Eigen::Map<const Matrix>(from.weights, from.inputs, from.outputs).transpose(),
           Eigen::Map<const Vector>(from.bias, from.outputs)});
    }
  }
  return o;
}

void *peer_state(void *handle, long capacity) {
  auto *o = static_cast<const Opened *>(handle);
  long experts = o->model->expert_count, widest = o->model->widest;
  auto *s = new State{o, new_grouping(experts, capacity), {}, {}, {}, {}, {}, {}};
  s->a.resize(widest);
  s->b.resize(widest);
  s->scores.resize(experts);
  s->x.resize(widest, block);
  s->y.resize(widest, block);
  s->all_scores.resize(experts, block);
  return s;
}

static void one_row(State &s, const float *row, float *outputs) {
  const peer_model &model = *s.opened->model;
  long expert = 0;
  Eigen::Map<const Vector> x(row, model.input_count);
  if (!model.is_dense) {
    s.scores = s.opened->router_bias;
    s.scores.noalias() += s.opened->router * x;
    s.scores.maxCoeff(&expert);
  }
  const auto &layers = s.opened->experts[expert];
  for (size_t l = 0; l < layers.size(); l++) {
    const Layer &layer = layers[l];
    auto to = (l % 2 ? s.b : s.a).head(layer.bias.size());
    to = layer.bias;
    if (l == 0) to.noalias() += layer.weights * x;
    else to.noalias() += layer.weights * (l % 2 ? s.a : s.b).head(layer.weights.cols());
    if (l + 1 < layers.size()) to = to.cwiseMax(0.0f);
    else Eigen::Map<Vector>(outputs, model.output_count) = to;
  }
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  auto &s = *static_cast<State *>(handle);
  const peer_model &model = *s.opened->model;
  if (count == 1) return one_row(s, rows, outputs), 0;
  long d = model.input_count;
  grouping *g = &s.groups;
  for (long at = 0; at < count; at += block) {
    long n = std::min(block, count - at);
    Eigen::Map<const Transposed> x(rows + at * d, d, n);
    if (!model.is_dense) {
      s.all_scores.leftCols(n).noalias() = s.opened->router * x;
      s.all_scores.leftCols(n).colwise() += s.opened->router_bias;
    }
    for (long i = 0; i < n; i++) {
      long expert = 0;
      if (!model.is_dense) s.all_scores.col(i).maxCoeff(&expert);
      g->chosen[at + i] = static_cast<int>(expert);
    }
  }
  group_rows(g, model.expert_count, count);
  for (long e = 0; e < model.expert_count; e++) {
    for (long at = g->starts[e]; at < g->starts[e + 1]; at += block) {
      long n = std::min(block, g->starts[e + 1] - at);
      for (long i = 0; i < n; i++)
        s.x.col(i).head(d) = Eigen::Map<const Vector>(rows + g->order[at + i] * d, d);
      Transposed *from = &s.x, *to = &s.y;
      for (long l = 0; l < model.layer_count; l++) {
        const Layer &layer = s.opened->experts[e][l];
        auto y = to->block(0, 0, layer.bias.size(), n);
        y.noalias() = layer.weights * from->block(0, 0, layer.weights.cols(), n);
        y.colwise() += layer.bias;
        if (l + 1 < model.layer_count) y = y.cwiseMax(0.0f);
        std::swap(from, to);
      }
      for (long i = 0; i < n; i++)
        Eigen::Map<Vector>(outputs + g->order[at + i] * model.output_count, model.output_count) =
            from->col(i).head(model.output_count);
    }
  }
  return 0;
}
