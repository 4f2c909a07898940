/** The addresses of the page. Tab, factor and metric of a study stand in the query, so that a link shows what its sender saw. */
import { createRouter, type Router, type RouterHistory } from 'vue-router'
import EnginesScreen from './screens/engines/EnginesScreen.vue'
import HomeScreen from './screens/home/HomeScreen.vue'
import MissingScreen from './screens/home/MissingScreen.vue'
import NewStudyScreen from './screens/home/NewStudyScreen.vue'
import StudiesScreen from './screens/studies/StudiesScreen.vue'
import StudyScreen from './screens/study/StudyScreen.vue'

export const placeNames = ['home', 'studies', 'engines'] as const
export type PlaceName = (typeof placeNames)[number]

declare module 'vue-router' {
  interface RouteMeta {
    place: PlaceName
  }
}

export function createKagamiRouter(history: RouterHistory): Router {
  return createRouter({
    history,
    routes: [
      { path: '/', name: 'home', component: HomeScreen, meta: { place: 'home' } },
      { path: '/new', name: 'new', component: NewStudyScreen, meta: { place: 'studies' } },
      { path: '/studies', name: 'studies', component: StudiesScreen, meta: { place: 'studies' } },
      { path: '/studies/:id', name: 'study', component: StudyScreen, meta: { place: 'studies' } },
      { path: '/engines', name: 'engines', component: EnginesScreen, meta: { place: 'engines' } },
      { path: '/:rest(.*)*', name: 'missing', component: MissingScreen, meta: { place: 'home' } },
    ],
  })
}
